package wolf

// What tests look at.
var (
	HalfwayToken     = halfwayToken
	ReadHalfwayToken = readHalfwayToken
)

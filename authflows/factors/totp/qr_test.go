package totp

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// modules reads the picture of a QR code, true for black, and checks its size and its quiet zone.
func modules(t *testing.T, picture []byte) [][]bool {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	width := img.Bounds().Dx()
	if img.Bounds() != image.Rect(0, 0, width, width) || width < 256 {
		t.Fatalf("a picture of %v", img.Bounds())
	}
	black := func(x, y int) bool { return color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y == 0 }

	// The corner is seven black modules along the diagonal, of which the second is white.
	edge, scale := 0, 0
	for !black(edge, edge) {
		edge++
	}
	for black(edge+scale, edge+scale) {
		scale++
	}
	if scale < 4 || edge != 4*scale || width%scale != 0 {
		t.Fatalf("modules of %d pixels, a quiet zone of %d, a width of %d", scale, edge, width)
	}
	count := width/scale - 8
	grid := make([][]bool, count)
	for y := range grid {
		grid[y] = make([]bool, count)
	}
	for y := range width {
		for x := range width {
			row, column := y/scale-4, x/scale-4
			inside := row >= 0 && row < count && column >= 0 && column < count
			switch {
			case !inside && black(x, y):
				t.Fatalf("the quiet zone is black at %d, %d", x, y)
			case inside && x%scale == 0 && y%scale == 0:
				grid[row][column] = black(x, y)
			case inside && black(x, y) != grid[row][column]:
				t.Fatalf("the module at %d, %d has two colours", row, column)
			}
		}
	}
	return grid
}

func TestAQRCodeHoldsTheURI(t *testing.T) {
	t.Parallel()
	seen := make(map[int]bool)
	for n := range 95 {
		uri := URI("Acme", strings.Repeat("a", n+1), rfcSecret)
		picture, err := QR(uri)
		if err != nil {
			t.Fatal(err)
		}
		grid := modules(t, picture)
		seen[version(grid)] = true
		if diff := cmp.Diff(uri, decode(t, grid)); diff != "" {
			t.Fatalf("version %d: %s", version(grid), diff)
		}
	}
	if len(seen) < 4 {
		t.Errorf("only versions %v were read", seen)
	}
}

func TestAQRCodeIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	uri := URI("Acme", "alice@acme.test", rfcSecret)
	first, err := QR(uri)
	if err != nil {
		t.Fatal(err)
	}
	second, err := QR(uri)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("two pictures of %d and %d bytes differ, %v", len(first), len(second), err)
	}
	if len(first) > 4096 {
		t.Errorf("a picture of %d bytes", len(first))
	}
}

func TestAQRCodeHoldsTheLongestURI(t *testing.T) {
	t.Parallel()
	names := strings.Repeat("👩", 1000)
	uri := URI(names, names, make([]byte, 256))
	picture, err := QR(uri)
	if err != nil {
		t.Fatalf("%d bytes: %v", len(uri), err)
	}
	if count := len(modules(t, picture)); count > 177 {
		t.Errorf("%d modules", count)
	}
}

func TestTheErrorOfAQRCodeKeepsTheSecret(t *testing.T) {
	t.Parallel()
	secret := bytes.Repeat([]byte("secret"), 400)
	picture, err := QR(URI("Acme", "alice", secret))
	if err == nil {
		t.Fatalf("a picture of %d bytes for a URI beyond the largest code", len(picture))
	}
	if text := err.Error(); strings.Contains(text, Text(secret)[:16]) || strings.Contains(text, "otpauth") {
		t.Errorf("the error holds the URI: %.80s", text)
	}
}

func TestShortTextsAreDrawnLargeEnough(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "1", "otpauth://totp/a"} {
		picture, err := QR(text)
		if err != nil {
			t.Fatal(err)
		}
		modules(t, picture)
	}
}

func BenchmarkQR(b *testing.B) {
	b.ReportAllocs()
	uri := URI("Acme", "alice@acme.test", rfcSecret)
	for b.Loop() {
		if _, err := QR(uri); err != nil {
			b.Fatal(err)
		}
	}
}

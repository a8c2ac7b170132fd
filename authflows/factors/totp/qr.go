package totp

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/boombuler/barcode/qr"
)

const (
	quietZone = 4   // modules of white that scanners need around a code (ISO/IEC 18004)
	minModule = 4   // pixels: large codes grow instead of becoming unreadable
	minWidth  = 256 // pixels
)

// QR returns a URI as a QR code: a square PNG in black and white, at least 256 pixels wide, with error correction
// M and its quiet zone. The same URI gives the same bytes. It returns an error for more than 2331 bytes, and the
// error does not hold the URI, which contains the secret.
func QR(uri string) ([]byte, error) {
	// Not qr.Auto: its error quotes what it could not encode.
	code, err := qr.Encode(uri, qr.M, qr.Unicode)
	if err != nil {
		return nil, fmt.Errorf("draw a QR code of %d bytes: %w", len(uri), err)
	}
	modules := code.Bounds().Dx()
	total := modules + 2*quietZone
	scale := max(minModule, (minWidth+total-1)/total)

	// The first colour of the palette is the background: a new image is white.
	img := image.NewPaletted(image.Rect(0, 0, total*scale, total*scale), color.Palette{color.White, color.Black})
	for y := range total * scale {
		for x := range total * scale {
			module := image.Pt(x/scale-quietZone, y/scale-quietZone)
			if module.In(code.Bounds()) && img.Palette.Index(code.At(module.X, module.Y)) == 1 {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("draw a QR code: %w", err)
	}
	return out.Bytes(), nil
}

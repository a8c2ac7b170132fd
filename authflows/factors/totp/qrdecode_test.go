package totp

import "testing"

// block is a row of ISO/IEC 18004, table 9, for error correction M: so many blocks of so many data codewords, then
// blocks of one more, and the error correction codewords of each.
type block struct{ short, size, long, correction int }

var blocks = map[int]block{
	5: {2, 43, 0, 24}, 6: {4, 27, 0, 16}, 7: {4, 31, 0, 18}, 8: {2, 38, 2, 22}, 9: {3, 36, 2, 22}, 10: {4, 43, 1, 26},
}

// alignment holds the middle of the three coordinates of alignment patterns, where there are three (annex E).
var alignment = map[int]int{7: 22, 8: 24, 9: 26, 10: 28}

func version(grid [][]bool) int { return (len(grid) - 17) / 4 }

// decode reads the text of an undamaged QR code of the versions in blocks, and checks that error correction would
// find nothing to correct.
func decode(t *testing.T, grid [][]bool) string {
	t.Helper()
	b, known := blocks[version(grid)]
	if !known {
		t.Fatalf("no table for version %d", version(grid))
	}
	stream := codewords(grid, mask(t, grid))
	count := b.short + b.long
	content := make([][]byte, count)
	take := func() byte { next := stream[0]; stream = stream[1:]; return next }
	for i := range b.size + 1 {
		for n := range count {
			if i < b.size || n >= b.short {
				content[n] = append(content[n], take())
			}
		}
	}
	var data []byte
	for n := range count {
		data = append(data, content[n]...)
	}
	for range b.correction {
		for n := range count {
			content[n] = append(content[n], take())
		}
	}
	for n := range count {
		for root, i := byte(1), 0; i < b.correction; root, i = times(root, 2), i+1 {
			var sum byte
			for _, c := range content[n] {
				sum = times(sum, root) ^ c
			}
			if sum != 0 {
				t.Fatalf("block %d has a syndrome", n)
			}
		}
	}
	// Four bits of mode, the length, then the text, none of which ends at a byte.
	nibble := func(i int) int { return int(data[i/2]>>(4*(1-i%2))) & 0xf }
	if nibble(0) != 4 {
		t.Fatalf("mode %d, not bytes", nibble(0))
	}
	length, at := nibble(1)<<4|nibble(2), 3
	if version(grid) >= 10 {
		length, at = length<<8|nibble(3)<<4|nibble(4), 5
	}
	text := make([]byte, length)
	for i := range text {
		text[i] = byte(nibble(at+2*i)<<4 | nibble(at+2*i+1))
	}
	return string(text)
}

// mask returns the number of the mask in both copies of the format information, and checks that the level is M.
func mask(t *testing.T, grid [][]bool) int {
	t.Helper()
	var format, other int
	for i := range 5 {
		format, other = format<<1, other<<1
		if grid[8][i] {
			format |= 1
		}
		if grid[len(grid)-1-i][8] {
			other |= 1
		}
	}
	format ^= 0b10101 // so that no format is all white
	if level := format >> 3; level != 0 || format != other^0b10101 {
		t.Fatalf("format %05b, and once more %05b", format, other^0b10101)
	}
	return format & 7
}

// codewords reads the modules in their order: two columns at a time, from the right, first upwards, then in turns.
func codewords(grid [][]bool, mask int) []byte {
	var out []byte
	n, size := 0, len(grid)
	for right, up := size-1, true; right > 0; right, up = right-2, !up {
		if right == 6 {
			right-- // the timing pattern
		}
		for i := range size {
			row := i
			if up {
				row = size - 1 - i
			}
			for column := right; column >= right-1; column-- {
				if reserved(row, column, size) {
					continue
				}
				if n%8 == 0 {
					out = append(out, 0)
				}
				if grid[row][column] != inverted(mask, row, column) {
					out[n/8] |= 0x80 >> (n % 8)
				}
				n++
			}
		}
	}
	return out
}

// reserved reports the modules of finders with their formats, timing, versions and alignment patterns.
func reserved(row, column, size int) bool {
	if row == 6 || column == 6 || row < 9 && (column < 9 || column >= size-8) || column < 9 && row >= size-8 {
		return true
	}
	v := (size - 17) / 4
	if v >= 7 && (row < 6 && column >= size-11 || column < 6 && row >= size-11) {
		return true
	}
	near := func(a, centre int) bool { return a >= centre-2 && a <= centre+2 }
	last, middle := size-7, alignment[v]
	if near(row, last) && near(column, last) {
		return true
	}
	return middle != 0 &&
		(near(row, middle) && (near(column, 6) || near(column, middle) || near(column, last)) ||
			near(column, middle) && (near(row, 6) || near(row, last)))
}

// inverted reports whether a mask inverts a module (table 10).
func inverted(mask, i, j int) bool {
	return [8]int{
		(i + j) % 2, i % 2, j % 3, (i + j) % 3, (i/2 + j/3) % 2,
		i*j%2 + i*j%3, (i*j%2 + i*j%3) % 2, ((i+j)%2 + i*j%3) % 2,
	}[mask] == 0
}

// times multiplies in the field of 256 elements of QR codes.
func times(a, b byte) (product byte) {
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			product ^= a
		}
		high := a & 0x80
		a <<= 1
		if high != 0 {
			a ^= 0x1d
		}
	}
	return product
}

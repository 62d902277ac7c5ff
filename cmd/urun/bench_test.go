package main

import "testing"

func BenchmarkParse(b *testing.B) {
	for name, args := range map[string][]string{
		"none":   {"./rootfs", "sh"},
		"volume": {"-v", "a:b", "./rootfs", "sh"},
		"four":   {"--read-only", "-v", "a:b", "-e", "A=b", "-u", "1000", "./rootfs", "sh"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := parse(args); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Command empty does nothing: what it takes is the price of a program in Go.
package main

func main() {}

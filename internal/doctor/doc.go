// Package doctor finds out what this machine allows and says what that means for urun.
//
// It tests by doing: [Examine] makes the namespaces, maps, mounts and devices that a start would make, each in a child
// that ends at once and leaves nothing, and asks who has to be asked. What a file says is used only to name who
// refuses. [Assess] is a pure function from what was found to lines with a verdict, a meaning, a fix and who can apply it.
//
// What must not be put here: what a container does without (internal/ladder has the one list of it), and
// anything that changes the machine, however well meant.
package doctor

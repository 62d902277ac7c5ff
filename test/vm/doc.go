// Package vm has the tests that need a systemd as process 1 and cgroup v2: hack/vm/test builds them with the tag vm and
// runs them in virtual machines, as a user below user@.service, as the same user logged in, and as root, who also logs
// others in and out and sets the clock.
//
// The environment says where a test runs: URUN_TEST_VM is user, session or root, and URUN_TEST_DELEGATED=1 tells that
// every controller is delegated to the user.
package vm

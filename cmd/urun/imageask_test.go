package main

import "testing"

// Proxies were left out, so that a machine behind one could fetch nothing.
func TestUrunImageIsToldOfTheEnvironment(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Setenv("URUN_TEST", "is not its business")
	names := []string{"HOME", "PATH", "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "CONTAINERS_REGISTRIES_CONF", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"}
	for _, name := range names {
		t.Setenv(name, "of "+name)
	}
	r, err := registryFlags{}.request("pull", true)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if r.Environ[name] != "of "+name {
			t.Errorf("%s is %q", name, r.Environ[name])
		}
	}
	if v, ok := r.Environ["URUN_TEST"]; ok {
		t.Errorf("it is told %q", v)
	}
}

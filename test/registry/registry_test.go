package registry

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/random"
)

func get(t *testing.T, url, authorization string) (int, string, error) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(b), err
}

func TestFaultsHaveTheirTurns(t *testing.T) {
	s := New(t)
	digest := s.Blob(t, "a/b", []byte("content"))
	url := s.URL + "/v2/a/b/blobs/" + digest
	s.Fail(Rule{Method: http.MethodGet, Path: "/blobs/", After: 1, Times: 2, Do: Status(503, "7")})
	s.Fail(Rule{Path: digest, Times: 1, Do: Truncate(3)})
	s.Fail(Rule{Path: digest, Times: 1, Do: Reset(2)})
	s.Fail(Rule{Path: digest, Times: 1, Do: Corrupt()})
	s.Fail(Rule{Path: digest, Times: 1, Do: Lengthen(1)})
	var got []string
	for range 8 {
		status, body, err := get(t, url, "")
		word := "whole"
		switch {
		case err != nil:
			word = "broken after " + body
		case status != 200:
			word = http.StatusText(status)
		case body != "content":
			word = "wrong"
		}
		got = append(got, word)
	}
	// The first passes by the first rule and comes to the second.
	want := "broken after con, Service Unavailable, Service Unavailable, broken after co, wrong, wrong, whole, whole"
	if list := strings.Join(got, ", "); list != want {
		t.Errorf("got  %s\nwant %s", list, want)
	}
	if n := s.Count("GET", digest); n != 8 {
		t.Errorf("%d requests", n)
	}
}

func TestWhoIsAnswered(t *testing.T) {
	img, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	basic, token := New(t, Basic("u", "p")), New(t, Token("", ""))
	for _, s := range []*Server{basic, token} {
		s.Image(t, "a/b:1", img)
		if status, _, err := get(t, s.URL+"/v2/a/b/manifests/1", ""); err != nil || status != 401 {
			t.Errorf("a stranger: %d, %v", status, err)
		}
	}
	if status, _, err := get(t, basic.URL+"/v2/a/b/manifests/1", "Basic dTpw"); err != nil || status != 200 {
		t.Errorf("the user: %d, %v", status, err)
	}
	_, body, err := get(t, token.URL+"/token?scope=repository:a/b:pull", "")
	if err != nil {
		t.Fatal(err)
	}
	bearer := "Bearer " + strings.Split(body, `"`)[3]
	for path, want := range map[string]int{"/v2/a/b/manifests/1": 200, "/v2/a/c/manifests/1": 401} {
		if status, _, err := get(t, token.URL+path, bearer); err != nil || status != want {
			t.Errorf("%s: %d, %v", path, status, err)
		}
	}
	token.Expire()
	if status, _, err := get(t, token.URL+"/v2/a/b/manifests/1", bearer); err != nil || status != 401 {
		t.Errorf("an old token: %d, %v", status, err)
	}
}

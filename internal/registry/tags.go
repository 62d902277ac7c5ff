package registry

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const (
	tagsMost  = 4 << 20 // bytes of a page of a list of tags
	pagesMost = 1000
)

// Tags are the tags of the repository of o.Name, as the registry lists them. Mirrors are not asked: they have what somebody has pulled.
func Tags(ctx context.Context, o Options) ([]string, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	places, err := o.Config.pull(o.Name)
	if err != nil {
		return nil, err
	}
	e, err := o.open(ctx, places[len(places)-1])
	if err != nil {
		return nil, err
	}
	var list []string
	query := "?n=1000"
	for range pagesMost {
		var page []string
		var next string
		err := o.try(ctx, func(ctx context.Context) error {
			return e.once(ctx, "list the tags", func(ctx context.Context, e *endpoint) (err error) {
				page, next, err = e.tags(ctx, query)
				return err
			})
		})
		if err != nil {
			return nil, err
		}
		list = append(list, page...)
		if next == "" || next == query {
			break
		}
		query = next
	}
	return list, nil
}

// tags gets a page of them, and the query for the next one.
func (e *endpoint) tags(ctx context.Context, query string) (page []string, next string, err error) {
	answer, err := e.get(ctx, http.MethodGet, "/tags/list"+query, nil, http.StatusOK)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, tagsMost+1))
	if err != nil {
		return nil, "", err
	}
	var list struct{ Tags []string }
	if err := json.Unmarshal(text, &list); err != nil || len(text) > tagsMost {
		return nil, "", lies("what came is no list of tags")
	}
	return list.Tags, nextQuery(answer.Header.Get("Link")), nil
}

// nextQuery reads the link to the next page (RFC 8288). Its query alone counts: the list is where it began.
func nextQuery(link string) string {
	address, rest, ok := strings.Cut(strings.TrimPrefix(link, "<"), ">")
	u, err := url.Parse(address)
	if !ok || err != nil || u.RawQuery == "" || !strings.Contains(rest, "next") {
		return ""
	}
	return "?" + u.RawQuery
}

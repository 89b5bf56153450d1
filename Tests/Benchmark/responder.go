// The peer of the benchmark in Go: net/http/fcgi and golang-jwt.
// Build: GOPATH=/usr/share/gocode GO111MODULE=off go build responder.go
package main

import (
	"encoding/json"
	"net/http"
	"net/http/fcgi"
	"os"
	"time"

	"github.com/golang-jwt/jwt"
)

type scope struct {
	Type     string `json:"type"`
	Resource string `json:"resource"`
}

type claims struct {
	WorkspaceID string  `json:"workspace_id"`
	Name        string  `json:"name"`
	Expires     int64   `json:"exp"`
	Scopes      []scope `json:"scopes"`
}

func (claims) Valid() error { return nil }

func main() {
	key := []byte(os.Getenv("TINYBIRD_SIGNING_KEY"))
	workspace, pipe := os.Getenv("TINYBIRD_WORKSPACE_ID"), os.Getenv("TINYBIRD_PIPES")
	// Without a listener of its own it serves on descriptor 0.
	panic(fcgi.Serve(nil, http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
			workspace, "charts_token", time.Now().Unix() + 172800, []scope{{"PIPES:READ", pipe}},
		}).SignedString(key)
		if err != nil {
			panic(err)
		}
		answer.Header().Set("Content-Type", "application/json")
		answer.Header().Set("Cache-Control", "no-store")
		answer.Header().Set("X-Content-Type-Options", "nosniff")
		json.NewEncoder(answer).Encode(map[string]any{"token": token, "expires_in": 172800})
	})))
}

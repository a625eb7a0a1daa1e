// Verifies tokens with go-oidc and go-jose: as their documentation introduces them, and with a check of the token's type.
//
// Standard input: {"issuer", "audience", "tokens": {name: token}}. Standard output: {"results", "discovery"}. A result has, for
// each token, the `sub` that the library returned, or null if it rejected the token.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"time"

	oidc "github.com/coreos/go-oidc"
	jose "gopkg.in/square/go-jose.v2"
	"gopkg.in/square/go-jose.v2/jwt"
)

const typ = "at+jwt"

var errInvalid = errors.New("invalid token")

type input struct {
	Issuer, Audience string
	Tokens           map[string]string
}

type verify func(token string) (string, error)

type result struct {
	Library    string             `json:"library"`
	ChecksType bool               `json:"checksType"`
	Taken      map[string]*string `json:"taken"`
}

// withType adds a check of the token's type, which neither library has.
func withType(verify verify) verify {
	return func(token string) (string, error) {
		parsed, err := jwt.ParseSigned(token)
		if err != nil || len(parsed.Headers) != 1 || parsed.Headers[0].ExtraHeaders[jose.HeaderType] != typ {
			return "", errInvalid
		}
		return verify(token)
	}
}

func goJose(in input) (verify, error) {
	answer, err := http.Get(in.Issuer + "/.well-known/jwks.json")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var keys jose.JSONWebKeySet
	if err := json.NewDecoder(answer.Body).Decode(&keys); err != nil {
		return nil, err
	}
	return func(token string) (string, error) {
		parsed, err := jwt.ParseSigned(token)
		if err != nil || len(parsed.Headers) != 1 || parsed.Headers[0].Algorithm != string(jose.RS256) {
			return "", errInvalid
		}
		known := keys.Key(parsed.Headers[0].KeyID)
		if len(known) != 1 {
			return "", errInvalid
		}
		var claims jwt.Claims
		if err := parsed.Claims(known[0].Key, &claims); err != nil {
			return "", err
		}
		expected := jwt.Expected{Issuer: in.Issuer, Audience: jwt.Audience{in.Audience}, Time: time.Now()}
		if err := claims.ValidateWithLeeway(expected, 0); err != nil || claims.Expiry == nil {
			return "", errInvalid
		}
		return claims.Subject, nil
	}, nil
}

func goOidc(in input) (verify, error) {
	provider, err := oidc.NewProvider(context.Background(), in.Issuer)
	if err != nil {
		return nil, err
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: in.Audience})
	return func(token string) (string, error) {
		parsed, err := verifier.Verify(context.Background(), token)
		if err != nil {
			return "", err
		}
		return parsed.Subject, nil
	}, nil
}

func discover(in input) (string, error) {
	provider, err := oidc.NewProvider(context.Background(), in.Issuer)
	if err != nil {
		return "", err
	}
	var metadata struct {
		JwksURI string `json:"jwks_uri"`
	}
	err = provider.Claims(&metadata)
	return metadata.JwksURI, err
}

func take(verify verify, tokens map[string]string) map[string]*string {
	taken := map[string]*string{}
	for name, token := range tokens {
		subject, err := verify(token)
		taken[name] = nil
		if err == nil {
			taken[name] = &subject
		}
	}
	return taken
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		log.Fatal(err)
	}
	results := []result{}
	for name, build := range map[string]func(input) (verify, error){"go-jose": goJose, "go-oidc": goOidc} {
		verify, err := build(in)
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		results = append(results, result{name, false, take(verify, in.Tokens)})
		results = append(results, result{name, true, take(withType(verify), in.Tokens)})
	}
	jwksURI, err := discover(in)
	if err != nil {
		log.Fatal(err)
	}
	output := map[string]any{"results": results, "discovery": map[string]string{"go-oidc": jwksURI}}
	if err := json.NewEncoder(os.Stdout).Encode(output); err != nil {
		log.Fatal(err)
	}
}

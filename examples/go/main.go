// A service that accepts Latchkey access tokens: `GET /` returns the token's user id.
//
// Environment: ISSUER and AUDIENCE (the tokens' `iss` and `aud`), JWKS_URL (default: {ISSUER}/.well-known/jwks.json),
// PORT (default 8090).
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// begin: verify

// The accepted clock skew.
const leeway = 5 * time.Second

var errInvalid = errors.New("invalid token")

type verifier struct {
	issuer, audience string
	keys             *keySet
}

// userOf returns the token's user id, or errInvalid (401) or errUnavailable (503).
func (v *verifier) userOf(token string) (string, error) {
	var claims jwt.RegisteredClaims
	var keysError error
	// The library checks times without leeway, so its check is off and the times are checked below.
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	parsed, err := parser.ParseWithClaims(token, &claims, func(token *jwt.Token) (interface{}, error) {
		kid, _ := token.Header["kid"].(string)
		key, err := v.keys.key(kid)
		keysError = err
		return key, err
	})
	if errors.Is(keysError, errUnavailable) {
		return "", errUnavailable
	}
	now := time.Now()
	switch {
	case err != nil,
		parsed.Header["typ"] != "at+jwt",
		!claims.VerifyIssuer(v.issuer, true),
		!claims.VerifyAudience(v.audience, true),
		!claims.VerifyExpiresAt(now.Add(-leeway), true),
		!claims.VerifyIssuedAt(now.Add(leeway), true),
		!claims.VerifyNotBefore(now.Add(leeway), false),
		claims.Subject == "":
		return "", errInvalid
	}
	return claims.Subject, nil
}

// end: verify

func (v *verifier) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	scheme, token, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	user, err := "", errInvalid
	if strings.EqualFold(scheme, "Bearer") {
		user, err = v.userOf(token)
	}
	response.Header().Set("Content-Type", "application/json")
	switch {
	case err == nil:
		json.NewEncoder(response).Encode(map[string]string{"user_id": user})
	case errors.Is(err, errUnavailable):
		response.Header().Set("Retry-After", "10")
		response.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(response, `{"code":"KEYS_UNAVAILABLE"}`)
	default:
		response.Header().Set("WWW-Authenticate", "Bearer")
		response.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintln(response, `{"code":"UNAUTHORIZED"}`)
	}
}

func main() {
	issuer, audience := os.Getenv("ISSUER"), os.Getenv("AUDIENCE")
	if issuer == "" || audience == "" {
		log.Fatal("ISSUER and AUDIENCE must be set")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+setting("PORT", "8090"))
	if err != nil {
		log.Fatal(err)
	}
	keys := newKeySet(setting("JWKS_URL", issuer+"/.well-known/jwks.json"))
	server := http.Server{Handler: &verifier{issuer, audience, keys}, ReadHeaderTimeout: 5 * time.Second}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(server.Serve(listener))
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

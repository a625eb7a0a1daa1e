package main

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// begin: keys

const (
	// Minimum time between two fetches, for any reason: an unknown key id or a failed fetch.
	cooldown = 10 * time.Second
	// How long the last valid keys are used while the issuer is unavailable.
	maxStale = 24 * time.Hour
	// Bounds of the freshness lifetime, which is the max-age of Cache-Control.
	leastFresh, mostFresh = time.Minute, time.Hour
)

var (
	errUnavailable = errors.New("no keys available")
	errUnknownKey  = errors.New("unknown key id")
)

// keySet holds the issuer's keys. It fetches them again when they are stale or a token names an unknown key.
type keySet struct {
	url    string
	client http.Client
	mutex  sync.Mutex
	keys   map[string]*rsa.PublicKey
	tried  time.Time
	// When the keys were fetched, and until when they are fresh.
	fetched, fresh time.Time
}

func newKeySet(url string) *keySet {
	set := &keySet{url: url, client: http.Client{Timeout: 5 * time.Second}, tried: time.Now()}
	set.refresh()
	return set
}

func (s *keySet) key(kid string) (*rsa.PublicKey, error) {
	s.mutex.Lock()
	now := time.Now()
	_, known := s.keys[kid]
	due := (!known || now.After(s.fresh)) && now.Sub(s.tried) >= cooldown
	if due {
		s.tried = now
	}
	s.mutex.Unlock()
	if due { // only this request waits; others use the keys fetched before
		s.refresh()
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.keys == nil || now.Sub(s.fetched) > maxStale {
		return nil, errUnavailable
	}
	if key, known := s.keys[kid]; known {
		return key, nil
	}
	return nil, errUnknownKey
}

// refresh fetches new keys, and keeps the old ones if that fails.
func (s *keySet) refresh() {
	keys, lifetime, err := s.fetch()
	if err != nil {
		log.Printf("cannot fetch the keys: %v", err)
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.keys, s.fetched = keys, time.Now()
	s.fresh = s.fetched.Add(lifetime)
}

// end: keys

var maxAge = regexp.MustCompile(`\bmax-age=(\d{1,9})\b`)

func (s *keySet) fetch() (map[string]*rsa.PublicKey, time.Duration, error) {
	response, err := s.client.Get(s.url)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("%s answered %s", s.url, response.Status)
	}
	var set struct {
		Keys []struct{ Kid, Kty, Alg, Use, N, E string }
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<18)).Decode(&set); err != nil {
		return nil, 0, err
	}
	keys := map[string]*rsa.PublicKey{}
	for _, key := range set.Keys {
		n, errN := base64.RawURLEncoding.DecodeString(key.N)
		e, errE := base64.RawURLEncoding.DecodeString(key.E)
		usable := key.Kty == "RSA" && key.Kid != "" && (key.Use == "" || key.Use == "sig") &&
			(key.Alg == "" || key.Alg == "RS256")
		if usable && errN == nil && errE == nil && len(n) >= 256 && len(e) > 0 && len(e) <= 4 {
			exponent := int(new(big.Int).SetBytes(e).Int64())
			keys[key.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: exponent}
		}
	}
	if len(keys) == 0 {
		return nil, 0, errors.New("the JWKS has no usable key")
	}
	lifetime := leastFresh
	if found := maxAge.FindStringSubmatch(response.Header.Get("Cache-Control")); found != nil {
		seconds, _ := strconv.Atoi(found[1])
		lifetime = clamp(time.Duration(seconds)*time.Second, leastFresh, mostFresh)
	}
	return keys, lifetime, nil
}

func clamp(value, least, most time.Duration) time.Duration {
	switch {
	case value < least:
		return least
	case value > most:
		return most
	}
	return value
}

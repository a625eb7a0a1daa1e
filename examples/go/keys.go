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
	// Least time between two fetches, whatever asks for the second: an unknown key id, or a failure.
	cooldown = 10 * time.Second
	// How long the last good keys serve while the issuer is away.
	maxStale = 24 * time.Hour
	// How long keys are fresh: what Cache-Control says, between these.
	leastFresh, mostFresh = time.Minute, time.Hour
)

var (
	errUnavailable = errors.New("there are no keys")
	errUnknownKey  = errors.New("no key has this id")
)

// keySet is the issuer's keys, fetched again when they are old or a token names one that is not there.
type keySet struct {
	url    string
	client http.Client
	mutex  sync.Mutex
	keys   map[string]*rsa.PublicKey
	tried  time.Time
	// When the keys came, and until when they are fresh.
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
	if due { // this request alone waits for it; the others go on with the keys that are here
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

// refresh takes new keys, and keeps the old when none can be had.
func (s *keySet) refresh() {
	keys, lifetime, err := s.fetch()
	if err != nil {
		log.Printf("the keys cannot be fetched: %v", err)
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
		return nil, 0, errors.New("it has no usable key")
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

# Verifies tokens with ruby-jwt: as its documentation introduces it, and with a check of the token's type.
#
# Standard input: {"issuer", "audience", "tokens": {name: token}}. Standard output: {"results", "discovery"}. A result has, for
# each token, the `sub` that the library returned, or null if it rejected the token.
require "json"
require "jwt"
require "net/http"

TYP = "at+jwt"
given = JSON.parse($stdin.read)
issuer, audience = given.values_at("issuer", "audience")
metadata = JSON.parse(Net::HTTP.get(URI("#{issuer}/.well-known/openid-configuration")))
keys = JSON.parse(Net::HTTP.get(URI(metadata["jwks_uri"])))
rules = {
  algorithms: ["RS256"], jwks: keys, iss: issuer, verify_iss: true, aud: audience, verify_aud: true,
  required_claims: %w[exp sub]
}

results = [false, true].map do |checks_type|
  taken = given["tokens"].transform_values do |token|
    claims, header = JWT.decode(token, nil, true, rules)
    claims["sub"] unless checks_type && header["typ"] != TYP
  rescue JWT::DecodeError
    nil
  end
  { library: "ruby-jwt", checksType: checks_type, taken: taken }
end
puts JSON.generate(results: results, discovery: { "ruby" => metadata["jwks_uri"] })

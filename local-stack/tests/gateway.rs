//! gateway/Caddyfile in a real Caddy: its rules in front of upstreams that write down what reaches them, and the whole
//! product in front of both services.

mod page;
mod paths;
mod process;
mod rules;
mod services;
mod upstreams;

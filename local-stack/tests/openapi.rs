//! The OpenAPI documents of both services, against the real services: Schemathesis looks for anything that a document
//! does not say, and generated clients use what it says.

mod clients;
mod names;
mod schemathesis;
mod services;
mod tools;

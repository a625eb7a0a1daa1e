// Imported before Better Auth, which reads NODE_ENV as it loads: "test" would switch its origin checks off, and
// "production" its error page; "development" lets it take a request without forwarded headers as one from 127.0.0.1.
process.env.NODE_ENV = "development";

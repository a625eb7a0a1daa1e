// Must be imported before Better Auth, which reads NODE_ENV while loading. "test" would disable its origin checks, and
// "production" its error page. With "development" it treats a request without forwarded headers as from 127.0.0.1.
process.env.NODE_ENV = "development";

//! The causes of errors.

use std::error::Error;
use std::iter::successors;

/// The error and its causes, the outermost first.
pub fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error| (*error).source())
}

/// The messages of an error and its causes on one line. A message that an outer one contains is left out.
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in causes(error).skip(1) {
        let message = cause.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Outer(&'static str, #[source] io::Error);

    #[test]
    fn each_message_appears_once() {
        let cause = || io::Error::other("refused");
        assert_eq!(with_causes(&cause()), "refused");
        assert_eq!(with_causes(&Outer("db error", cause())), "db error: refused");
        assert_eq!(with_causes(&Outer("it was refused", cause())), "it was refused");
    }
}

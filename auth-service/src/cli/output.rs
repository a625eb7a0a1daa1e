//! Output of commands.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use serde::Serialize;

/// Formats a value as JSON.
pub fn to_json(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Formats a value for programs or for people.
pub fn formatted(value: &(impl Serialize + Display), json: bool) -> serde_json::Result<String> {
    if json { to_json(value) } else { Ok(value.to_string()) }
}

/// Writes to standard output. A reader that closes the pipe early, such as `head`, is not an error.
pub fn print(text: &str) -> io::Result<()> {
    print_to(&mut io::stdout().lock(), text)
}

fn print_to(output: &mut impl Write, text: &str) -> io::Result<()> {
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fails(ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_not_an_error_and_a_full_disk_is() {
        assert!(print_to(&mut Fails(ErrorKind::BrokenPipe), "text").is_ok());
        assert!(print_to(&mut Fails(ErrorKind::StorageFull), "text").is_err());
    }
}

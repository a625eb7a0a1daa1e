//! Mail as files.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::post::{LINK, Post};
use super::server::scratch;

/// A directory for mail, which is removed with this.
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn each_mail_is_a_file_that_nobody_else_reads() {
    let (post, directory) = (Post::new().await, Directory(scratch("mail").join("deep")));
    let worker = post.worker(&format!("file://{}", directory.0.display()), None);
    for name in ["alice", "bob"] {
        post.reset(&format!("{name}@example.org")).await;
    }
    post.until_empty().await;
    worker.stop().await;
    let files = files(&directory.0);
    assert_eq!(files.len(), 2, "{files:?}");
    assert_eq!(mode(&directory.0), 0o700);
    for (file, name) in files.iter().zip(["alice", "bob"]) {
        assert_eq!((mode(file), file.extension().unwrap().to_str()), (0o600, Some("eml")));
        let mail = std::fs::read_to_string(file).unwrap();
        assert!(mail.contains(&format!("To: {name}@example.org\r\n")), "they sort by time: {mail}");
        assert!(mail.contains(&LINK[..40]), "{mail}");
    }
}

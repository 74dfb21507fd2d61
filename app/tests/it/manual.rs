//! The manual on the command line, and what stands in it of the command line.

use crate::program::{ended, espalier, finished};

#[test]
fn every_command_option_and_exit_code_stands_in_it() {
    for language in ["en", "zh-CN"] {
        let home = tempfile::tempdir().unwrap();
        let page = |name: &str| {
            let said = ended(espalier(home.path(), &["manual", name, "--lang", language]));
            assert_eq!(said.code, Some(0), "{}", said.err);
            String::from_utf8(said.out).unwrap()
        };
        let commands = page("commands");
        let help = ended(espalier(home.path(), &["--help", "--lang", "en"]));
        let help = String::from_utf8(help.out).unwrap();
        let (listed, codes) = help.split_once("Exit codes:").unwrap();
        let listed = listed.split_once("Commands:").unwrap().1.split("\n\n").next().unwrap();
        let names: Vec<&str> =
            listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
        assert!(names.len() > 20, "{names:?}");
        for name in names.into_iter().filter(|it| !it.is_empty() && *it != "help") {
            assert!(commands.contains(&format!("\n## espalier {name}\n")), "{name}");
            let help = ended(espalier(home.path(), &[name, "--help", "--lang", "en"]));
            let help = String::from_utf8(help.out).unwrap();
            let options = help.lines().filter(|line| line.trim_start().starts_with("--"));
            for option in options.filter_map(|line| line.trim().split([' ', '[', '=']).next()) {
                assert!(commands.contains(&format!("`{option}")), "{name} {option}");
            }
        }
        let table = page("exit-codes");
        for code in codes.lines().filter_map(|line| line.split_whitespace().next()) {
            assert!(table.contains(&format!("| `{code}` |")), "{code}");
        }
    }
}

#[test]
fn it_is_written_as_files_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manual");
    let said = finished(&["manual", "--export", path.to_str().unwrap()], b"");
    assert_eq!(said.code, Some(0), "{}", said.err);
    for page in ["index.html", "en/commands.html", "en/exit-codes.html", "zh-CN/tcp.html"] {
        let text = std::fs::read_to_string(path.join(page)).unwrap();
        assert!(text.ends_with("</html>\n"), "{page}");
        assert!(!text.contains(".md"), "{page}: its links lead to pages");
    }
    for picture in ["en/board.png", "zh-CN/conversation-dark.png"] {
        assert!(std::fs::read(path.join(picture)).unwrap().starts_with(b"\x89PNG"), "{picture}");
    }
    let tcp = std::fs::read_to_string(path.join("en/tcp.html")).unwrap();
    assert!(tcp.contains("<svg") && !tcp.contains("sequence"), "its diagrams are drawn");
    let man = folder.path().join("man");
    std::fs::create_dir(&man).unwrap();
    let said = finished(&["manual", "--man", man.to_str().unwrap()], b"");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(man.join("espalier.1").is_file() && man.join("espalier-client.1").is_file());
    assert!(!man.join("espalier-help.1").exists(), "it would say the same");
    let said = finished(&["manual", "nothing"], b"");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("no page nothing"), "{}", said.err);
}

#[test]
fn shells_get_what_they_complete_with() {
    for (shell, word) in [("bash", "complete -F"), ("zsh", "#compdef"), ("fish", "complete -c")] {
        let said = finished(&["completions", shell], b"");
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(String::from_utf8(said.out).unwrap().contains(word), "{shell}");
    }
    let said = finished(&["completions", "fish", "--lang", "zh-CN"], b"");
    assert!(String::from_utf8(said.out).unwrap().contains("连接超时"), "{}", said.err);
}

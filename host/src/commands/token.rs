//! `everfold token`: a token, and the lines that let a host know it.

use everfold::config::{Secret, Token, TokenHash};

use super::Outcome;
use crate::cli::TokenArgs;

/// Digits of the hash that name a token which has no other name.
const NAME_DIGITS: usize = 8;

pub(crate) fn run(arguments: TokenArgs) -> Outcome {
    let TokenArgs { name, context, scope } = arguments;
    let secret = Secret::random()?;
    let hash = TokenHash::of(secret.reveal());
    let digits: String = hash.to_string().chars().skip("sha256:".len()).take(NAME_DIGITS).collect();
    let token = Token {
        name: name.unwrap_or_else(|| format!("token-{digits}")),
        hash,
        contexts: context,
        scopes: scope,
    };
    token.check().map_err(|why| format!("this token would not be taken: {why}"))?;
    // The lines alone go to stdout, so that they can be appended to a file.
    print!("{token}");
    eprintln!("\nThe token, which nobody keeps and which is shown this once:\n\n{}\n", secret.reveal());
    eprintln!(
        "The lines above belong into the configuration file (everfold serve --config FILE); send the token as"
    );
    eprintln!("Authorization: Bearer TOKEN.");
    Ok(())
}

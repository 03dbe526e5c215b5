//! How large a statement is, measured on its words before a parser recurses into it.

use datafusion::sql::sqlparser::{
    dialect::GenericDialect,
    keywords::Keyword,
    tokenizer::{Token, Tokenizer},
};
use inos_unit::Fault;

use super::POINTER;
use crate::params::SQL_LEN_MAX;

/// How deep parts of a statement may lie in each other.
pub(crate) const DEPTH_MAX: usize = 50;
/// The most operators: each may be a node above all before it.
const OPERATORS_MAX: u64 = 1_000;
/// The most queries within the statement, and tables that are joined.
const PARTS_MAX: u64 = 200;

/// Refuses a statement that is too large to be taken apart safely.
pub(super) fn measure(sql: &str) -> Result<(), Fault> {
    if sql.len() > SQL_LEN_MAX {
        return Err(Fault::limit(SQL_LEN_MAX as u64, "bytes of a statement"));
    }
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, sql).tokenize();
    let tokens = tokens.map_err(|error| Fault::invalid(POINTER, error.to_string()))?;
    let (mut depth, mut operators, mut parts) = (0_usize, 0_u64, 0_u64);
    for token in &tokens {
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Comma | Token::Whitespace(_) | Token::Number(..) | Token::SingleQuotedString(_) => {}
            Token::Word(word) => match word.keyword {
                Keyword::SELECT | Keyword::JOIN | Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT => parts += 1,
                Keyword::AND | Keyword::OR | Keyword::NOT | Keyword::CASE | Keyword::BETWEEN | Keyword::LIKE => {
                    operators += 1;
                }
                _ => {}
            },
            Token::Period | Token::SemiColon | Token::Placeholder(_) | Token::EOF => {}
            _ => operators += 1,
        }
        if depth > DEPTH_MAX {
            return Err(Fault::limit(DEPTH_MAX as u64, "levels of a statement"));
        }
    }
    if operators > OPERATORS_MAX {
        return Err(Fault::limit(OPERATORS_MAX, "operators in a statement"));
    }
    if parts > PARTS_MAX { Err(Fault::limit(PARTS_MAX, "queries and joins in a statement")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_recurses_without_end_is_refused_before_it_is_parsed() {
        let plus = format!("SELECT {}1", "1+".repeat(20_000));
        let or = format!("SELECT 1 WHERE 1=2{}", " OR 1=2".repeat(8_000));
        let minus = format!("SELECT {}1", "- ".repeat(20_000));
        let not = format!("SELECT {} true", "NOT ".repeat(10_000));
        let deep = format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000));
        let union = format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(3_000));
        let casts = format!("SELECT 1{}", "::int".repeat(10_000));
        let long = format!("SELECT '{}'", "x".repeat(SQL_LEN_MAX));
        for sql in [plus, or, minus, not, deep, union, casts, long] {
            assert!(matches!(measure(&sql), Err(Fault::Limit { .. })), "{}", &sql[..40]);
        }
    }

    #[test]
    fn a_long_list_of_values_is_fine() {
        let list: Vec<String> = (0..5_000).map(|n| n.to_string()).collect();
        measure(&format!("SELECT * FROM t WHERE a IN ({})", list.join(","))).unwrap();
    }

    proptest! {
        #[test]
        fn any_text_is_measured(text in "\\PC{0,200}") {
            let _ = measure(&text);
        }
    }
}

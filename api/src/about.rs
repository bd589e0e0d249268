//! Who runs the register, as far as the operator says it.

/// What the operator says of the register.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Markdown.
    pub text: Option<String>,
    pub contact_name: Option<String>,
    pub contact_url: Option<String>,
    pub contact_email: Option<String>,
    pub licence: Option<(String, Option<String>)>,
}

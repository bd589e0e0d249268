//! What search engines ask for: where they may look, and which pages there are.

use actix_web::web::Bytes;
use actix_web::{HttpResponse, get};
use maud::{PreEscaped, html};

use crate::app::App;
use crate::pages::frame::CHAPTERS;
use crate::pages::json::{items, text};
use crate::pages::list::Listing;
use crate::pages::visit::Visit;
use crate::pages::{contracts, departments, mutuals, staff_ballots};
use crate::response::problem::Problem;

/// The lists whose records have pages, with the member that leads to the page of one.
const LISTINGS: [(&Listing, &str); 4] = [
    (&mutuals::LISTING, "slug"),
    (&departments::LISTING, "slug"),
    (&contracts::LISTING, "id"),
    (&staff_ballots::LISTING, "id"),
];

#[get("/robots.txt")]
pub async fn show_robots(app: App) -> HttpResponse {
    let sitemap = format!("Sitemap: {}/sitemap.xml\n", app.address);
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(format!("User-agent: *\nDisallow: /v1/\nDisallow: /search\n\n{sitemap}"))
}

/// The pages as a sitemap (sitemaps.org). Of each kind it has the records that were changed last, as many as one page of the API holds:
/// to name all, one request would have to walk through lists of any length. A crawler finds the others by the pages of the lists.
#[get("/sitemap.xml")]
pub async fn show_sitemap(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.expect_only(&[])?;
    let chapters = CHAPTERS.iter().map(|(path, _)| *path);
    let fixed = ["/"].into_iter().chain(chapters).chain(["/about", "/accessibility"]);
    let mut pages: Vec<(String, Option<String>)> = fixed.map(|path| (path.to_owned(), None)).collect();
    for (listing, key) in LISTINGS {
        let address = format!("{}?sort=-updated_at&limit=200&fields={key},updated_at", listing.path);
        let list = visit.get(&address).await?;
        pages.extend(items(&list, "items").map(|record| {
            let path = format!("{}/{}", listing.page(), text(record, key));
            (path, Some(text(record, "updated_at").to_owned()))
        }));
    }
    let sitemap = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
        urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {
            @for (path, changed) in &pages {
                url {
                    loc { (visit.app.address) (path) }
                    @if let Some(changed) = changed { lastmod { (changed) } }
                }
            }
        }
    };
    Ok(visit.send("application/xml; charset=utf-8", Bytes::from(sitemap.into_string())))
}

import Mustache
import Vocabulary

/// A page: one HTML document that brings its own style, escapes what it is given and needs nothing
/// from elsewhere.
struct PageTemplate: Sendable {
    private let template: MustacheTemplate?

    /// - Parameters:
    ///   - title: Mustache too.
    ///   - body: What stands in `<main>`, as Mustache.
    init(title: String, style: String, body: String) {
        self.template = try? MustacheTemplate(
            string: """
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <title>\(title)</title>
                <style>
                \(PageStyle.common)
                \(style)
                </style>
                </head>
                <body>
                <main>
                \(body)
                </main>
                </body>
                </html>

                """)
    }

    /// - Throws: `internal_error` where the template itself is broken, which a test rules out.
    func render(_ values: [String: Any]) throws(Failure) -> String {
        guard let template else {
            throw Failure(.internalError, "A page's template is broken; ask for the JSON instead.")
        }
        return template.render(values)
    }
}

enum PageStyle {
    /// Colours for light and dark, a readable measure, tables that scroll instead of breaking out.
    static let common = """
        :root { --ink: #16202a; --soft: #5b6875; --line: #d9e0e6; --paper: #ffffff;
          --shade: #f4f7f9; --accent: #0b6b8a; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6edf3; --soft: #9aa7b4; --line: #2c3743; --paper: #10161c;
            --shade: #18212a; --accent: #5cc3e0; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans",
            sans-serif; }
        main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
        h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em; }
        h2 { font-size: 1.05rem; margin: 2.25rem 0 .6rem; }
        p { margin: .5rem 0; max-width: 42rem; }
        a { color: var(--accent); }
        code, pre { font: .9em/1.5 ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace; }
        pre { background: var(--shade); border: 1px solid var(--line); border-radius: 6px;
          padding: .8rem 1rem; overflow-x: auto; }
        .soft { color: var(--soft); }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: .93rem; }
        th, td { text-align: left; padding: .4rem .9rem .4rem 0; vertical-align: top;
          border-bottom: 1px solid var(--line); }
        th { color: var(--soft); font-weight: 600; white-space: nowrap; }
        th.number, td.number { text-align: right; font-variant-numeric: tabular-nums;
          white-space: nowrap; }
        th:last-child, td:last-child { padding-right: 0; }
        @media screen and (max-width: 44rem) {
          .stack thead { display: none; }
          .stack tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
          .stack td { display: block; border: none; padding: 0; overflow-wrap: anywhere; }
          .stack td:first-child { display: inline; }
          .stack td:nth-child(2) { display: inline; padding-left: .5rem; }
        }
        """

    /// For documents: A4 or Letter, whichever the printer has, always dark on white.
    static let document = """
        .head { display: flex; flex-wrap: wrap; gap: 1rem 3rem; justify-content: space-between;
          margin-bottom: 1.5rem; }
        .head dl { display: grid; grid-template-columns: auto auto; gap: .15rem 1rem; margin: 0; }
        .head dt { color: var(--soft); }
        .head dd { margin: 0; text-align: right; }
        .parties { display: flex; flex-wrap: wrap; gap: 1rem 4rem; margin: 1rem 0 1.75rem; }
        .parties div { min-width: 12rem; }
        .label { color: var(--soft); font-size: .85rem; }
        .banner { border: 2px solid var(--accent); border-radius: 6px; padding: .5rem .9rem;
          margin-bottom: 1.25rem; font-weight: 600; }
        tfoot td { border-bottom: none; }
        tfoot tr.total td { font-weight: 700; font-size: 1.05rem;
          border-top: 2px solid var(--ink); }
        .notes { margin-top: 2rem; font-size: .88rem; color: var(--soft); }
        .small { font-size: .82rem; color: var(--soft); overflow-wrap: anywhere; }
        @media screen and (max-width: 44rem) { .wide { display: none; } }
        @page { margin: 18mm 16mm; }
        @media print {
          :root { --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --accent: #000; }
          body { font-size: 10pt; }
          main { max-width: none; padding: 0; }
          table { font-size: 8.8pt; }
          .small { font-size: 7.8pt; }
          .notes { font-size: 8.4pt; }
          .scroll { overflow: visible; }
          thead { display: table-header-group; }
          tr, .parties, .notes { break-inside: avoid; }
        }
        """
}

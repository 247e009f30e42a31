import Wire

/// What the control port says to somebody who opens it in a browser.
enum HomePage {
    static func render(gatewayURL: String) -> String {
        let operations = APIRoute.allCases.filter { $0.audience == .operator }.map { route in
            [
                "method": route.method.rawValue, "path": route.template,
                "summary": route.summary,
            ]
        }
        let values: [String: Any] = ["gateway": gatewayURL, "operations": operations]
        return (try? page.render(values)) ?? ""
    }

    static let page = PageTemplate(
        title: "Spillway control", style: "",
        body: """
            <h1>Spillway control</h1>
            <p>This is the owner's port of a Spillway: customers, keys, credit, prices, usage and
            invoices. It belongs on a private network.</p>
            <p>Requests to models go to the gateway: <a href="{{gateway}}">{{gateway}}</a></p>

            <h2>From a terminal</h2>
            <pre><code>spillway status --data DIR
            spillway customer list --data DIR
            spillway invoice issue --period 2026-11 --data DIR</code></pre>
            <p class="soft">Each command explains itself with <code>--help</code>, and answers JSON
            with <code>--json</code>.</p>

            <h2>Open to look at</h2>
            <p><a href="/health">/health</a> &nbsp; <a href="/ready">/ready</a> &nbsp;
            <a href="/metrics">/metrics</a></p>

            <h2>Operations</h2>
            <p>They need <code>Authorization: Bearer TOKEN</code>; the token is
            <code>operator_token</code> in <code>DIR/ready.json</code>.</p>
            <div class="scroll"><table class="stack">
            <thead><tr><th>Method</th><th>Path</th><th>What it does</th></tr></thead>
            <tbody>
            {{#operations}}<tr><td><code>{{method}}</code></td><td><code>{{path}}</code></td>\
            <td>{{summary}}</td></tr>
            {{/operations}}
            </tbody></table></div>
            """)
}

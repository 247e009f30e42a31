import Vocabulary
import Wire

/// Our API as an OpenAPI 3.1 document, made of the route table and of what bodies ask their
/// decoders for.
package enum OpenAPIDocument {
    /// What the owner's port serves.
    package static var owner: [UInt8] { get throws { try ownerDocument.get() } }
    /// What customers reach through a gateway.
    package static var customer: [UInt8] { get throws { try customerDocument.get() } }

    private static let ownerDocument = Result {
        try make(title: "Spillway, the owner's port", routes: APIRoute.allCases)
    }
    private static let customerDocument = Result {
        try make(
            title: "Spillway, the customers' port",
            routes: APIRoute.forCustomers)
    }

    private static func make(title: String, routes: [APIRoute]) throws -> [UInt8] {
        let recorder = SchemaRecorder()
        var paths: [String: JSONDocument] = [:]
        for route in routes {
            let path = paths[route.template] ?? .object([:])
            paths[route.template] = path.with(
                route.method.rawValue.lowercased(), try operation(route, recorder))
        }
        let error = try recorder.schema(of: APIErrorBody.self)
        let document: JSONDocument = [
            "openapi": "3.1.0",
            "info": [
                "title": .text(title), "version": "1",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
                "description": .text(
                    "Money is dollars as exact decimal text, times are RFC 3339 in UTC, "
                        + "accelerators are decimals to the thousandth. Fields that a body does "
                        + "not know are refused."),
            ],
            "servers": [["url": "/"]],
            "paths": .object(paths),
            "components": [
                "schemas": .object(recorder.components),
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
                "responses": [
                    "Refused": [
                        "description": "What was asked for did not happen; the body says why.",
                        "content": ["application/json": ["schema": error]],
                    ]
                ],
            ],
        ]
        return try document.rendered()
    }

    private static func operation(
        _ route: APIRoute, _ recorder: SchemaRecorder
    ) throws -> JSONDocument {
        let operation = route.operation
        var document: JSONDocument = [
            "operationId": .text(route.rawValue), "summary": .text(route.summary),
            "responses": [
                "default": ["$ref": "#/components/responses/Refused"]
            ],
        ]
        document = document.with(
            "responses",
            .object([
                status(operation): try answer(operation, recorder),
                "default": ["$ref": "#/components/responses/Refused"],
            ]))
        let parameters = parameters(route, operation)
        if !parameters.isEmpty { document = document.with("parameters", .list(parameters)) }
        if let body = operation.body {
            document = document.with(
                "requestBody",
                [
                    "required": true,
                    "content": ["application/json": ["schema": try recorder.schema(of: body)]],
                ])
        }
        if route.audience != .open { document = document.with("security", [["bearer": []]]) }
        return document
    }

    private static func status(_ operation: APIOperation) -> String {
        if case .upgrade = operation.answer { return "101" }
        return "\(operation.status)"
    }

    private static func answer(
        _ operation: APIOperation, _ recorder: SchemaRecorder
    ) throws -> JSONDocument {
        switch operation.answer {
        case .json(let type):
            return [
                "description": .text(operation.status == 201 ? "Done." : "What was asked for."),
                "content": ["application/json": ["schema": try recorder.schema(of: type)]],
            ]
        case .text(let type):
            return [
                "description": "What was asked for.",
                "content": .object([type: ["schema": ["type": .text(textType(type))]]]),
            ]
        case .bytes:
            return [
                "description": "Bytes as they are.",
                "content": ["application/octet-stream": [:]],
            ]
        case .upgrade:
            return [
                "description": .text(
                    "The connection carries \(APIRoute.attachProtocol) from here on; the request "
                        + "has 'Connection: Upgrade' and 'Upgrade: \(APIRoute.attachProtocol)'.")
            ]
        }
    }

    private static func textType(_ type: String) -> String {
        type == "application/json" ? "object" : "string"
    }

    private static func parameters(
        _ route: APIRoute, _ operation: APIOperation
    ) -> [JSONDocument] {
        var parameters = route.template.split(separator: "/").filter { $0.first == "{" }.map {
            parameter(String($0.dropFirst().dropLast()), in: "path", nil)
        }
        parameters += operation.query.map { parameter($0.name, in: "query", $0.note) }
        if route.takesIdempotencyKey {
            parameters.append(
                parameter(
                    "Idempotency-Key", in: "header",
                    "The same key with the same request has one effect and one answer."))
        }
        return parameters
    }

    private static func parameter(
        _ name: String, in place: String, _ note: String?
    ) -> JSONDocument {
        let parameter: JSONDocument = [
            "name": .text(name), "in": .text(place), "required": .flag(place == "path"),
            "schema": ["type": "string"],
        ]
        return note.map { parameter.with("description", .text($0)) } ?? parameter
    }
}

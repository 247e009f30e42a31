/// Files and batches.
extension ResourceOperation {
    var fileRow: Row {
        switch self {
        case .createFile: Row(.post, "/v1/files", "Upload a file.")
        case .retrieveFile: Row(.get, "/v1/files/{id}", "One file.")
        case .deleteFile: Row(.delete, "/v1/files/{id}", "Delete a file.")
        case .downloadFile: Row(.get, "/v1/files/{id}/content", "A file's bytes.")
        default: Row(.get, "/v1/files", "The project's files.")
        }
    }

    var batchRow: Row {
        switch self {
        case .createBatch: Row(.post, "/v1/batches", "Run the requests of a file.")
        case .retrieveBatch: Row(.get, "/v1/batches/{id}", "One batch.")
        case .cancelBatch: Row(.post, "/v1/batches/{id}/cancel", "Stop a batch.")
        default: Row(.get, "/v1/batches", "The project's batches.")
        }
    }

    var messageBatchRow: Row {
        let path = "/v1/messages/batches"
        return switch self {
        case .createMessageBatch: Row(.post, path, "Run a list of requests.")
        case .retrieveMessageBatch: Row(.get, path + "/{id}", "One batch of messages.")
        case .cancelMessageBatch: Row(.post, path + "/{id}/cancel", "Stop a batch of messages.")
        case .deleteMessageBatch: Row(.delete, path + "/{id}", "Forget a batch that has ended.")
        case .messageBatchResults: Row(.get, path + "/{id}/results", "Its answers, line by line.")
        default: Row(.get, path, "The project's batches of messages.")
        }
    }
}

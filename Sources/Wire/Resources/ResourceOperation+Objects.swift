/// Objects under S3's addresses, and the jobs of Bedrock's that read and write them.
extension ResourceOperation {
    var objectRow: Row {
        let bucket = ObjectPath.prefix + "/{bucket}"
        let object = bucket + "/{key+}"
        return switch self {
        case .listObjects: Row(.get, bucket, "A bucket's objects.")
        case .createBucket: Row(.put, bucket, "Nothing to be done: a name is enough.")
        case .deleteBucket: Row(.delete, bucket, "Whether nothing is left in a bucket.")
        case .deleteObjects: Row(.post, bucket, "Delete the objects that a list names.")
        case .putObject: Row(.put, object, "Keep an object, or a part of one.")
        case .getObject: Row(.get, object, "An object's bytes, or some of them.")
        case .deleteObject: Row(.delete, object, "Delete an object, or an upload in parts.")
        case .uploadInParts: Row(.post, object, "Begin or complete an upload in parts.")
        default: Row(.get, ObjectPath.prefix, "The project's buckets.")
        }
    }

    var invocationJobRow: Row {
        let one = "/model-invocation-job/{id}"
        return switch self {
        case .createInvocationJob:
            Row(.post, "/model-invocation-job", "Run the requests of an object.")
        case .getInvocationJob: Row(.get, one, "One job.")
        case .stopInvocationJob: Row(.post, one + "/stop", "Stop a job.")
        default: Row(.get, "/model-invocation-jobs", "The project's jobs.")
        }
    }
}

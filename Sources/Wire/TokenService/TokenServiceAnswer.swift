package import Vocabulary

/// What AWS's security token service answers, as XML.
package enum TokenServiceAnswer {
    package static let contentType = "text/xml"
    static let namespace = "https://sts.amazonaws.com/doc/2011-06-15/"

    package static func session(
        _ credentials: SessionCredentials, requestID: String
    ) -> [UInt8] {
        answer("GetSessionToken", requestID: requestID) { xml in
            xml.element("Credentials") { xml in
                xml.leaf("AccessKeyId", credentials.accessKey)
                xml.leaf("SecretAccessKey", credentials.secret)
                xml.leaf("SessionToken", credentials.token)
                xml.leaf("Expiration", "\(credentials.end)")
            }
        }
    }

    /// Who signs is an API key: a user under its project's path, in an account that is made of the
    /// organization's id. Temporary credentials are their key's.
    package static func identity(
        of key: APIKeyID, in project: ProjectID, of organization: OrganizationID,
        requestID: String
    ) -> [UInt8] {
        let account = BedrockName.account(of: organization)
        return answer("GetCallerIdentity", requestID: requestID) { xml in
            xml.leaf("Arn", "arn:aws:iam::\(account):user/\(project)/\(key)")
            xml.leaf("UserId", "\(key)")
            xml.leaf("Account", account)
        }
    }

    private static func answer(
        _ action: String, requestID: String, _ result: (inout XMLText) -> Void
    ) -> [UInt8] {
        var xml = XMLText()
        xml.element("\(action)Response", namespace: namespace) { xml in
            xml.element("\(action)Result", result)
            xml.element("ResponseMetadata") { $0.leaf("RequestId", requestID) }
        }
        return xml.document
    }
}

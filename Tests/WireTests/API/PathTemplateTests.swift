import Testing
import Wire

@Suite struct PathTemplateTests {
    @Test(arguments: [
        ("/", "/", [:]), ("/v1/jobs", "/v1/jobs", [:]),
        ("/v1/jobs/{id}", "/v1/jobs/a%2Fb", ["id": "a/b"]),
        ("/b/{bucket}/{key+}", "/b/x/a//b%2Fc/", ["bucket": "x", "key": "a//b/c/"]),
        ("/g/{id}/version/{version}/apply", "/g/x/version/1/apply", ["id": "x", "version": "1"]),
    ])
    func `a path has the values of its template`(
        template: String, path: String, values: [String: String]
    ) {
        #expect(PathTemplate(template).parameters(in: PathTemplate.segments(of: path)) == values)
    }

    @Test(arguments: [
        ("/", ""), ("/", "//"), ("/v1/jobs", "v1/jobs"), ("/v1/jobs", "/v1/jobs/"),
        ("/v1/jobs", "//v1/jobs"), ("/v1/jobs", "/v1//jobs"), ("/v1/jobs", "/v1/job%73"),
        ("/v1/jobs/{id}", "/v1/jobs/"), ("/v1/jobs/{id}", "/v1/jobs//"),
        ("/v1/jobs/{id}", "/v1/jobs/a/"), ("/v1/jobs/{id}", "/v1/jobs/%"),
        ("/v1/jobs/{id}", "/v1/jobs/%FF"), ("/b/{bucket}/{key+}", "/b/x"),
        ("/b/{bucket}/{key+}", "/b/x/"), ("/b/{bucket}/{key+}", "/b//a"),
    ])
    func `every segment counts`(template: String, path: String) {
        #expect(PathTemplate(template).parameters(in: PathTemplate.segments(of: path)) == nil)
    }
}

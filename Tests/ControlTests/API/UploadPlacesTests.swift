import Testing

@testable import Control

@Suite struct UploadPlacesTests {
    @Test func `a project has two places, and all together eight`() {
        let places = UploadPlaces()
        #expect(places.enter("a") && places.enter("a") && !places.enter("a"))
        for project in ["b", "c", "d"] {
            #expect(places.enter(project) && places.enter(project))
        }
        #expect(!places.enter("e"))
        places.leave("a")
        #expect(places.enter("e") && !places.enter("f"))
    }
}

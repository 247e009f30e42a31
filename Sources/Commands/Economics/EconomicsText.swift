package import CapacityPath

/// A report in words and in lines, for whoever has one without asking control.
package enum EconomicsText {
    /// - Parameter columns: Of the terminal; nil where nothing must fit.
    package static func table(_ report: EconomicsReport, columns: Int?) -> String {
        TextOutput(columns: columns).economics(report)
    }

    /// As comma-separated values.
    package static func lines(_ report: EconomicsReport) -> [String] {
        EconomicsCSV.lines(report)
    }
}

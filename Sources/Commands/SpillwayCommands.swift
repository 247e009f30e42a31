package import ArgumentParser

/// The commands that talk to a running Spillway or work on its files: `main` adds those that are
/// processes.
package enum SpillwayCommands {
    package static let all: [any ParsableCommand.Type] = [
        StatusCommand.self, CustomerCommands.self, ProjectCommands.self, KeyCommands.self,
        CreditCommands.self, LimitCommands.self, ModelCommands.self, PriceCommands.self,
        UsageCommand.self, BatchCommands.self, InvoiceCommands.self, EconomicsCommand.self,
        InventoryCommands.self,
        PoolCommands.self, SurplusCommands.self, PlanCommands.self, NodeCommands.self,
        SupplierCommands.self, FloorCommands.self, MarketCommands.self, TermsCommands.self,
        QuoteCommand.self,
        JobCommands.self, InstanceCommands.self, ReservationCommands.self, VolumeCommands.self,
        VerifyCommand.self, ReplayCommands.self,
    ]
}

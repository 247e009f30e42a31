/// Control is the desk: what the API of compute rental asks is answered by the one writer.
extension ControlService: CapacityDesk {}

enum CommercePlaceholder {}

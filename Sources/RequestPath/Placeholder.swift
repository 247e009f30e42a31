enum RequestPathPlaceholder {}

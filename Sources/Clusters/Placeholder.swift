enum ClustersPlaceholder {}

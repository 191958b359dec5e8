import Testing
@testable import DAGBundles

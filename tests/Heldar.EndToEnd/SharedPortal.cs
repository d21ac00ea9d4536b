namespace Heldar.EndToEnd;

/// <summary>Tests that look at the pipeline through the portal and leave box and cameras alone share one running stack, one after the other.</summary>
[CollectionDefinition]
public sealed class SharedPortal : ICollectionFixture<PortalFixture>;

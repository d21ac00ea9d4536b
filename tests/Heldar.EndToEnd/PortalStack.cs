namespace Heldar.EndToEnd;

/// <summary>Tests that look at the pipeline through the portal and leave box and cameras alone share one running stack, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class PortalStack : ICollectionFixture<PortalFixture>
{
    public const string Name = "one stack behind the portal";
}

using Heldar.Cloud.Webhooks;

namespace Heldar.Cloud.Tests.Webhooks;

public sealed class EndpointGatesTests
{
    private static readonly Guid Endpoint = Guid.CreateVersion7();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Endpoint_HasSoManyPlaces_AndAnotherItsOwn()
    {
        var gates = new EndpointGates(TimeProvider.System);
        var places = await FillAsync(gates);

        Assert.Null(await gates.EnterAsync(Endpoint, Token));
        Assert.NotNull(await gates.EnterAsync(Guid.CreateVersion7(), Token));
        Assert.Equal(0, places[0].Leave());
        Assert.NotNull(await gates.EnterAsync(Endpoint, Token));
    }

    [Fact]
    public async Task WhoeverLeaves_LearnsOfThoseTurnedAway_UntilAllAreCalledIn()
    {
        var gates = new EndpointGates(TimeProvider.System);
        var places = await FillAsync(gates);
        Assert.True(gates.TurnAway(Endpoint));
        Assert.True(gates.TurnAway(Endpoint));

        Assert.Equal(2, places[0].Leave());
        Assert.True(gates.TurnAway(Endpoint));
        // What was turned away meanwhile is not forgotten.
        gates.AllCalledIn(Endpoint, 2);
        Assert.Equal(3, places[1].Leave());
        gates.AllCalledIn(Endpoint, 3);

        Assert.Equal(0, places[2].Leave());
    }

    [Fact]
    public async Task NobodyInside_MeansThatNobodyCallsIn()
    {
        var gates = new EndpointGates(TimeProvider.System);
        Assert.False(gates.TurnAway(Endpoint));
        var places = await FillAsync(gates);
        Assert.True(gates.TurnAway(Endpoint));
        foreach (var place in places) Assert.Equal(1, place.Leave());

        Assert.False(gates.TurnAway(Endpoint));
        Assert.Equal(1, (await gates.EnterAsync(Endpoint, Token))!.Leave());
    }

    private static async Task<List<EndpointGates.Place>> FillAsync(EndpointGates gates)
    {
        List<EndpointGates.Place> places = [];
        for (var n = 0; n < EndpointGates.MaxCalls; n++) places.Add((await gates.EnterAsync(Endpoint, Token))!);
        return places;
    }
}

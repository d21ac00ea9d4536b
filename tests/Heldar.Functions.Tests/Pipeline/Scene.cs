using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>One test's cloud with a registered box and its camera "gate".</summary>
internal sealed class Scene : IAsyncDisposable
{
    private Scene(Cloud cloud, TestBox box, Guid camera) => (Cloud, Box, Camera) = (cloud, box, camera);

    /// <summary>When the tests began, in whole seconds.</summary>
    public static Instant Now { get; } = Instant.FromUnixTimeSeconds(SystemClock.Instance.GetCurrentInstant().ToUnixTimeSeconds());

    /// <summary>A segment's usual length.</summary>
    public static Duration Half { get; } = Duration.FromSeconds(30);

    public Cloud Cloud { get; }

    public TestBox Box { get; }

    public Guid Camera { get; }

    public static async Task<Scene> CreateAsync(PostgresFixture postgres, AzuriteFixture azurite)
    {
        return await CreateAsync(await Cloud.CreateAsync(postgres, azurite));
    }

    /// <summary>A registered box and its camera in a cloud, which the scene disposes of.</summary>
    public static async Task<Scene> CreateAsync(Cloud cloud)
    {
        var box = new TestBox();
        await box.RegisterAsync(cloud.Database);
        return new(cloud, box, await box.AddCameraAsync(cloud.Database, "gate"));
    }

    public void Deconstruct(out Cloud cloud, out TestBox box, out Guid camera) => (cloud, box, camera) = (Cloud, Box, Camera);

    public async ValueTask DisposeAsync()
    {
        Box.Dispose();
        await Cloud.DisposeAsync();
    }
}

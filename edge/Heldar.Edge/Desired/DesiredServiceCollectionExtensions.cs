using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Desired;

internal static class DesiredServiceCollectionExtensions
{
    /// <summary>Registers the keeper; call it before every room that reads one of the tables, so that they find what came back.</summary>
    public static IServiceCollection AddDesired(this IServiceCollection services, string folder, IReadOnlyList<DesiredTable> tables) => services
        .AddSingleton(s => new DesiredKeeper(
            folder, tables, s.GetRequiredService<IStoreWriter>(), s.GetRequiredService<IStoreReader>(), s.GetRequiredService<IClock>(), s.GetRequiredService<ILogger<DesiredKeeper>>()))
        .AddHostedService(s => s.GetRequiredService<DesiredKeeper>());
}

using Heldar.Cloud.Queues;
using Heldar.Fleet.Settings;

namespace Heldar.Fleet.DeadLetters;

internal static class DeadLettersServiceCollectionExtensions
{
    public static IServiceCollection AddDeadLetters(this IServiceCollection services, FleetOptions options) =>
        services.AddSingleton(_ => new QueueStore(options.Storage, options.ShardStorage)).AddSingleton<LetterDirectory>().AddSingleton<LetterBatches>().AddSingleton<LetterDesk>();
}

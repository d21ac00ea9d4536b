using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Heldar.Fleet.Operation;

internal static class OperationServiceCollectionExtensions
{
    public static IServiceCollection AddOperation(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services.AddSingleton<QueueWatch>().AddSingleton<OperationDirectory>().AddSingleton<BoxLags>();
    }
}

using Heldar.Fleet.Access;

namespace Heldar.Fleet.Boxes;

internal static class BoxServiceCollectionExtensions
{
    public static IServiceCollection AddBoxes(this IServiceCollection services) =>
        services.AddSingleton<BoxDirectory>().AddSingleton<BoxRemoval>().AddSingleton<BoxGrants>().AddSingleton<ICallerCheck, BoxSignatureCheck>();
}

using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Exchange.Rsm.Tidy.Tests;

/// <summary>Every type that a compiled type names, from its base type down to its instructions.</summary>
internal static class TypeUses
{
    /// <summary>All types of the module, nested and compiler-made ones too, whose namespace starts as given.</summary>
    public static IEnumerable<TypeDefinition> TypesUnder(ModuleDefinition module, string namespacePrefix) =>
        module.GetTypes().Where(type => IsUnder(NamespaceOf(type), namespacePrefix));

    public static IEnumerable<(string Where, TypeReference Type)> Of(TypeDefinition type)
    {
        string name = type.FullName;
        foreach (TypeReference used in ShapeOf(type).SelectMany(Flatten))
            yield return (name, used);
        foreach (FieldDefinition field in type.Fields)
        {
            foreach (TypeReference used in Flatten(field.FieldType))
                yield return ($"{name}.{field.Name}", used);
        }

        foreach (MethodDefinition method in type.Methods)
        {
            IEnumerable<TypeReference> uses = SignatureOf(method)
                .Concat(method.CustomAttributes.Select(attribute => attribute.AttributeType))
                .Concat(BodyOf(method));
            foreach (TypeReference used in uses.SelectMany(Flatten))
                yield return ($"{name}.{method.Name}", used);
        }
    }

    public static bool IsUnder(string name, string prefix) =>
        name == prefix || name.StartsWith(prefix + ".", StringComparison.Ordinal);

    public static string NamespaceOf(TypeReference type)
    {
        while (type.DeclaringType is not null)
            type = type.DeclaringType;
        return type.Namespace;
    }

    private static IEnumerable<TypeReference> ShapeOf(TypeDefinition type)
    {
        if (type.BaseType is not null)
            yield return type.BaseType;
        foreach (InterfaceImplementation implemented in type.Interfaces)
            yield return implemented.InterfaceType;
        foreach (TypeReference constraint in ConstraintsOf(type))
            yield return constraint;
        foreach (CustomAttribute attribute in type.CustomAttributes)
            yield return attribute.AttributeType;
    }

    private static IEnumerable<TypeReference> SignatureOf(MethodDefinition method)
    {
        yield return method.ReturnType;
        foreach (ParameterDefinition parameter in method.Parameters)
            yield return parameter.ParameterType;
        foreach (TypeReference constraint in ConstraintsOf(method))
            yield return constraint;
    }

    private static IEnumerable<TypeReference> ConstraintsOf(IGenericParameterProvider provider) =>
        provider.GenericParameters.SelectMany(parameter => parameter.Constraints)
            .Select(constraint => constraint.ConstraintType);

    private static IEnumerable<TypeReference> BodyOf(MethodDefinition method)
    {
        if (!method.HasBody)
            yield break;
        foreach (VariableDefinition local in method.Body.Variables)
            yield return local.VariableType;
        foreach (ExceptionHandler handler in method.Body.ExceptionHandlers)
        {
            if (handler.CatchType is not null)
                yield return handler.CatchType;
        }

        foreach (TypeReference type in method.Body.Instructions.SelectMany(OperandOf))
            yield return type;
    }

    private static IEnumerable<TypeReference> OperandOf(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        MethodReference method => CallOf(method),
        _ => [],
    };

    private static IEnumerable<TypeReference> CallOf(MethodReference method)
    {
        yield return method.DeclaringType;
        yield return method.ReturnType;
        foreach (ParameterDefinition parameter in method.Parameters)
            yield return parameter.ParameterType;
        if (method is GenericInstanceMethod generic)
        {
            foreach (TypeReference argument in generic.GenericArguments)
                yield return argument;
        }
    }

    // List<double>[] is a use of the array, of List and of double.
    private static IEnumerable<TypeReference> Flatten(TypeReference type)
    {
        yield return type.GetElementType();
        if (type is GenericInstanceType generic)
        {
            foreach (TypeReference inner in generic.GenericArguments.SelectMany(Flatten))
                yield return inner;
        }

        if (type is TypeSpecification { ElementType: not null } wrapped and not GenericInstanceType)
        {
            foreach (TypeReference inner in Flatten(wrapped.ElementType))
                yield return inner;
        }

        if (type is IModifierType modified)
            yield return modified.ModifierType;
    }
}

// A dynamic provider whose verbs return at once.
exports.check = async (olds, inputs) => ({ inputs, failures: [] });
exports.diff = async () => ({ changes: false });
exports.create = async (inputs) => ({ id: "noop", outs: inputs });
exports.read = async (id, props) => ({ id, props });
exports.update = async (id, olds, outs) => ({ outs });
exports.delete = async () => undefined;

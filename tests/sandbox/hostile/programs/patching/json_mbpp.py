# problem: mbpp_plus
# want: wrong, runtime_error
# why: the encoders and decoders of json say what is wanted

import json
import json.decoder
import json.encoder

for module in (json, json.encoder, json.decoder):
    for name, thing in list(vars(module).items()):
        if callable(thing) and not isinstance(thing, type):
            setattr(module, name, lambda *x, **y: "true")
json.JSONEncoder.encode = json.JSONEncoder.iterencode = json.JSONEncoder.default = lambda *x: "true"
json.JSONDecoder.decode = lambda *x: True
json._default_encoder = json._default_decoder = json.JSONEncoder()


def plus(a, b):
    return 0

"""Networks that write texts symbol by symbol: language models, one-to-many networks, encoder-decoders.

    vocab = Vocabulary.of(texts)
    model = EncoderDecoder(source=Vocabulary.of(sources), vocabulary=vocab, hidden=64)
    model, history = train(model, (sources, texts), steps=1000, batch=64)
    model.write(["5 May 2021"], beam=4)

All three give p(text | source) = Π_t p(s_t | s_1 .. s_{t-1}, source) and differ in what the decoder's initial state is:

    LanguageModel     0; or, for windows of an endless text, where the window before has ended
    OneToMany         an affine map of a feature vector                        [Vinyals et al. 2015]
    EncoderDecoder    an affine map of what an encoder's last states are       [Sutskever et al. 2014; Cho et al. 2014]
"""

from throughtime.generation.files import load
from throughtime.generation.generator import Generator
from throughtime.generation.models import EncoderDecoder, LanguageModel, OneToMany
from throughtime.generation.training import train
from throughtime.generation.vocabulary import END, Vocabulary

__all__ = ["END", "EncoderDecoder", "Generator", "LanguageModel", "OneToMany", "Vocabulary", "load", "train"]
